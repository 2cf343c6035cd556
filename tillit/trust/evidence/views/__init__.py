"""For everybody (`public`), for programs (`machine`), for customers (`mine`, `fragment`), for subscribers (`lists`)."""
