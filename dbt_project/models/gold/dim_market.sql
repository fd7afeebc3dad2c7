select market_id, market_name, description
from {{ ref('markets') }}
