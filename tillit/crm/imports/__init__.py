"""Import and export of files without the database: read any CSV or XLSX, guess its columns, clean its values."""
