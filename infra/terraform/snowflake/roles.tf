# Who may what. The loader fills bronze, the transformer builds and publishes, readers read gold; a region's readers see the
# rows of their region alone (policies.tf).

locals {
  database = "\"${snowflake_database.gridlake.name}\""

  schema_names = { for key, schema in snowflake_schema.layer : key => "${local.database}.\"${schema.name}\"" }

  readers = merge(
    { GRIDLAKE_READER = "Reads gold of every region." },
    { for region in var.regions : "GRIDLAKE_READER_${region}" => "Reads gold of ${region}." },
  )

  roles = merge(local.readers, {
    GRIDLAKE_LOADER      = "Loads bronze from the stage."
    GRIDLAKE_TRANSFORMER = "Builds silver and gold, publishes gold."
    GRIDLAKE_STEWARD     = "Sees what is masked for others: customers by key and name."
  })

  # Role, schema, privileges on the schema itself.
  schema_privileges = {
    loader_bronze          = { role = "GRIDLAKE_LOADER", schema = "BRONZE", privileges = ["USAGE", "CREATE TABLE"] }
    loader_ml              = { role = "GRIDLAKE_LOADER", schema = "ML", privileges = ["USAGE", "CREATE TABLE"] }
    transformer_bronze     = { role = "GRIDLAKE_TRANSFORMER", schema = "BRONZE", privileges = ["USAGE", "CREATE VIEW"] }
    transformer_ml         = { role = "GRIDLAKE_TRANSFORMER", schema = "ML", privileges = ["USAGE"] }
    transformer_governance = { role = "GRIDLAKE_TRANSFORMER", schema = "GOVERNANCE", privileges = ["USAGE"] }
  }
}

resource "snowflake_account_role" "gridlake" {
  for_each = local.roles

  name    = each.key
  comment = each.value
}

# SYSADMIN holds what these roles hold, so that nothing is out of an administrator's reach.
resource "snowflake_grant_account_role" "to_sysadmin" {
  for_each = snowflake_account_role.gridlake

  role_name        = each.value.name
  parent_role_name = "SYSADMIN"
}

resource "snowflake_grant_privileges_to_account_role" "database" {
  for_each = snowflake_account_role.gridlake

  account_role_name = each.value.name
  privileges        = each.key == "GRIDLAKE_TRANSFORMER" ? ["USAGE", "CREATE SCHEMA"] : ["USAGE"]

  on_account_object {
    object_type = "DATABASE"
    object_name = snowflake_database.gridlake.name
  }
}

resource "snowflake_grant_privileges_to_account_role" "warehouse" {
  for_each = snowflake_account_role.gridlake

  account_role_name = each.value.name
  privileges        = ["USAGE"]

  on_account_object {
    object_type = "WAREHOUSE"
    object_name = snowflake_warehouse.gridlake[
      each.key == "GRIDLAKE_LOADER" ? "GRIDLAKE_LOAD" : each.key == "GRIDLAKE_TRANSFORMER" ? "GRIDLAKE_TRANSFORM" : "GRIDLAKE_READ"
    ].name
  }
}

resource "snowflake_grant_privileges_to_account_role" "schema" {
  for_each = local.schema_privileges

  account_role_name = snowflake_account_role.gridlake[each.value.role].name
  privileges        = each.value.privileges

  on_schema {
    schema_name = local.schema_names[each.value.schema]
  }
}

# The transformer owns what it builds; a swap needs the ownership of both schemas.
resource "snowflake_grant_ownership" "built" {
  for_each = toset(["SEEDS", "SILVER", "GOLD_BUILD", "GOLD"])

  account_role_name   = snowflake_account_role.gridlake["GRIDLAKE_TRANSFORMER"].name
  outbound_privileges = "COPY"

  on {
    object_type = "SCHEMA"
    object_name = local.schema_names[each.key]
  }
}

resource "snowflake_grant_privileges_to_account_role" "stage" {
  account_role_name = snowflake_account_role.gridlake["GRIDLAKE_LOADER"].name
  privileges        = ["USAGE"]

  on_schema_object {
    object_type = "STAGE"
    object_name = "${local.schema_names["BRONZE"]}.\"${snowflake_stage.lake.name}\""
  }
}

# Tables that the loader creates later, for the transformer.
resource "snowflake_grant_privileges_to_account_role" "loaded" {
  for_each = toset(["BRONZE", "ML"])

  account_role_name = snowflake_account_role.gridlake["GRIDLAKE_TRANSFORMER"].name
  privileges        = ["SELECT"]

  on_schema_object {
    future {
      object_type_plural = "TABLES"
      in_schema          = local.schema_names[each.key]
    }
  }
}

# Readers' own grants on GOLD are made at every publication (`publish_gold`), for the schema is another one after each.
resource "snowflake_grant_privileges_to_account_role" "reader" {
  for_each = local.readers

  account_role_name = snowflake_account_role.gridlake[each.key].name
  privileges        = ["USAGE"]

  on_schema {
    schema_name = local.schema_names["GOLD"]
  }

  depends_on = [snowflake_grant_ownership.built]
}
