terraform {
  required_version = ">= 1.6"

  required_providers {
    snowflake = {
      source  = "snowflakedb/snowflake"
      version = ">= 2.0, < 3.0"
    }
  }
}

# Who applies this comes from the environment alone: SNOWFLAKE_ORGANIZATION_NAME, SNOWFLAKE_ACCOUNT_NAME, SNOWFLAKE_USER and
# SNOWFLAKE_PRIVATE_KEY (or what else the provider reads). The role needs to create roles, warehouses, databases, integrations.
provider "snowflake" {
  preview_features_enabled = ["snowflake_storage_integration_resource", "snowflake_stage_resource"]
}
