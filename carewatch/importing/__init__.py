"""Lists of people, places and devices, taken in from CSV files: all of a file, or nothing."""
