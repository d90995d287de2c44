"""Cost, speed and reliability of the built application, mostly compared with a baseline application."""
