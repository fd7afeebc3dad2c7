{{ config(partition_by='interval_start_utc') }}
-- One row per price of an ancillary service as received.
{{ judged_samples('ancillary_price', ['zone_id', 'market_id', 'product'], ['price_text', 'price_per_mwh', 'currency'], zone=true) }}
