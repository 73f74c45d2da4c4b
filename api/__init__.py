"""What people and other systems see: REST, the live feed, the page."""
