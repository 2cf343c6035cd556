"""Import: read any CSV or XLSX file, guess its columns, clean its values, and take the rows as records."""
