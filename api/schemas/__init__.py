"""What goes over the wire of the API: bodies and answers, a module for each of its nouns."""
