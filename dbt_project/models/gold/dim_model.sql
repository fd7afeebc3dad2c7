select model_id, target, algorithm, description
from {{ ref('models') }}
