-- How far each feed's landings were published: what came after is newly landed.
select feed, published_seq
from {{ lake_source('bronze', 'publication') }}
