"""Media and labels become clips and frames."""
