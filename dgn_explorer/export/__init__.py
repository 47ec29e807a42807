"""What leaves the program: pictures, grids, sheets, PDF files and films."""
