DROP TABLE legacy_import_rows;
DROP TABLE legacy_import_findings;
DROP TABLE legacy_import_steps;
