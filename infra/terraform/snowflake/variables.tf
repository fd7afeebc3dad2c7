variable "database" {
  description = "The warehouse's database."
  type        = string
  default     = "GRIDLAKE"
}

variable "lake_url" {
  description = "Folder of object storage that holds bronze/ and ml/ of a home, e.g. s3://bucket/gridlake/."
  type        = string
}

variable "lake_role_arn" {
  description = "AWS role that may read the folder; its trust names what the output `lake_integration` tells."
  type        = string
}

variable "regions" {
  description = "Regions with readers of their own, as in dim_region: each gets the role GRIDLAKE_READER_<region>."
  type        = set(string)
  default     = ["NYISO", "CAISO", "ERCOT", "PJM", "MISO", "SPP", "ISONE"]
}

variable "transform_size" {
  description = "Size of the warehouse that builds."
  type        = string
  default     = "SMALL"
}
