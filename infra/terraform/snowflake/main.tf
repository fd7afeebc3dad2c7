# Where things stand: one database, a schema for each layer, warehouses apart so that no reader waits for a build.

locals {
  schemas = {
    BRONZE     = "Payload rows as loaded from the stage, and dbt's typed views of them."
    ML         = "Forecasts and how they fare, as loaded from the stage."
    SEEDS      = "What is known beforehand: regions, fuels, holidays, tariffs."
    SILVER     = "Conformed, judged, every revision kept."
    GOLD_BUILD = "Gold while it is built and tested. Nobody reads it."
    GOLD       = "Gold as published: what readers see."
    GOVERNANCE = "Policies: who sees which rows and values."
  }

  warehouses = {
    GRIDLAKE_LOAD      = { size = "XSMALL", seconds = 60 }
    GRIDLAKE_TRANSFORM = { size = var.transform_size, seconds = 60 }
    GRIDLAKE_READ      = { size = "XSMALL", seconds = 120 }
  }
}

resource "snowflake_database" "gridlake" {
  name    = var.database
  comment = "GridLake: an analytics lakehouse for the electric grid."

  data_retention_time_in_days = 7
}

resource "snowflake_schema" "layer" {
  for_each = local.schemas

  database = snowflake_database.gridlake.name
  name     = each.key
  comment  = each.value

  # GOLD is swapped with a clone at every publication: what its definition here says is the first one's.
  lifecycle {
    ignore_changes = [comment]
  }
}

resource "snowflake_warehouse" "gridlake" {
  for_each = local.warehouses

  name                = each.key
  warehouse_size      = each.value.size
  auto_suspend        = each.value.seconds
  auto_resume         = true
  initially_suspended = true
}

resource "snowflake_storage_integration" "lake" {
  name                      = "GRIDLAKE_LAKE"
  type                      = "EXTERNAL_STAGE"
  enabled                   = true
  storage_provider          = "S3"
  storage_aws_role_arn      = var.lake_role_arn
  storage_allowed_locations = [var.lake_url]
}

resource "snowflake_stage" "lake" {
  database            = snowflake_database.gridlake.name
  schema              = snowflake_schema.layer["BRONZE"].name
  name                = "LAKE"
  url                 = var.lake_url
  storage_integration = snowflake_storage_integration.lake.name
  comment             = "The Delta tables of a home, read only: orchestration.snowflake_load says which files."
}

output "lake_integration" {
  description = "User and external id that the AWS role's trust must name."
  value = {
    user        = snowflake_storage_integration.lake.storage_aws_iam_user_arn
    external_id = snowflake_storage_integration.lake.storage_aws_external_id
  }
}
