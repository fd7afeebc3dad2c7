{{ config(partition_by='interval_start_utc') }}
-- One row per flow as received, by neighbour or interface; positive leaves the region.
{{ judged_samples('interchange', ['source_code', 'kind'], ['interchange_text', 'interchange_mw', 'export_limit_mw', 'import_limit_mw']) }}
