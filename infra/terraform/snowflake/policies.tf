# Who sees which values and rows. `publish_gold` puts these on the tables of each publication.

locals {
  masked_types = {
    MASK_CUSTOMER_TEXT      = { type = "VARCHAR", masked = "sha2(value, 256)" }
    MASK_CUSTOMER_DATE      = { type = "DATE", masked = "date_trunc('year', value)" }
    MASK_CUSTOMER_TIMESTAMP = { type = "TIMESTAMP_NTZ", masked = "date_trunc('year', value)" }
    MASK_CUSTOMER_NUMBER    = { type = "FLOAT", masked = "null" }
  }
}

# Customers are told apart by others than the steward, and not known: a key is hashed, a date is its year.
resource "snowflake_masking_policy" "customer" {
  for_each = local.masked_types

  database         = snowflake_database.gridlake.name
  schema           = snowflake_schema.layer["GOVERNANCE"].name
  name             = each.key
  return_data_type = each.value.type
  body             = "case when is_role_in_session('GRIDLAKE_STEWARD') then value else ${each.value.masked} end"

  argument {
    name = "value"
    type = each.value.type
  }
}

# A region's readers see their region; the others of gold see all.
resource "snowflake_row_access_policy" "granted_regions" {
  database = snowflake_database.gridlake.name
  schema   = snowflake_schema.layer["GOVERNANCE"].name
  name     = "GRANTED_REGIONS"

  body = <<-SQL
    is_role_in_session('GRIDLAKE_READER')
    or is_role_in_session('GRIDLAKE_TRANSFORMER')
    or is_role_in_session('GRIDLAKE_STEWARD')
    or region_id is null
    or is_role_in_session(concat('GRIDLAKE_READER_', region_id))
  SQL

  argument {
    name = "region_id"
    type = "VARCHAR"
  }
}

resource "snowflake_grant_privileges_to_account_role" "apply_masking" {
  for_each = snowflake_masking_policy.customer

  account_role_name = snowflake_account_role.gridlake["GRIDLAKE_TRANSFORMER"].name
  privileges        = ["APPLY"]

  on_schema_object {
    object_type = "MASKING POLICY"
    object_name = "${local.schema_names["GOVERNANCE"]}.\"${each.value.name}\""
  }
}

resource "snowflake_grant_privileges_to_account_role" "apply_rows" {
  account_role_name = snowflake_account_role.gridlake["GRIDLAKE_TRANSFORMER"].name
  privileges        = ["APPLY"]

  on_schema_object {
    object_type = "ROW ACCESS POLICY"
    object_name = "${local.schema_names["GOVERNANCE"]}.\"${snowflake_row_access_policy.granted_regions.name}\""
  }
}
