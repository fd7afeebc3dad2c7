"""Files with which other tools read the same numbers: Tableau and Power BI over Cube's SQL API, a workbook, a folder of Parquet.

Names, units and meanings come from the semantic model alone. No file holds a credential.
"""
