//! What is taken from a resource: these attributes, and no other. A state holds passwords, keys and tokens in the rest.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::file::{At, type_name};

/// The type that an attribute has in the provider's schema.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Number,
    Flag,
    List,
    Map,
}

use Shape::{Flag, List, Map as Table, Number, Text};

/// A resource type with its name's attribute and what is taken from it besides ARN, Region and tags.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) kind: &'static str,
    /// The attribute that names one among its like in a Region.
    pub(super) key: &'static str,
    /// Whether one is in a Region.
    pub(super) regional: bool,
    attributes: &'static [(&'static str, Shape)],
}

const EVERYWHERE: [(&str, Shape); 5] =
    [("arn", Text), ("region", Text), ("availability_zone", Text), ("tags", Table), ("tags_all", Table)];

/// By the schemas of the AWS provider, versions 3 to 6.
const WANTED: &[Wanted] = &[
    Wanted {
        kind: "aws_db_instance",
        key: "identifier",
        regional: true,
        attributes: &[
            ("identifier", Text),
            ("id", Text),
            ("replicate_source_db", Text),
            ("endpoint", Text),
            ("address", Text),
            ("port", Number),
            ("engine", Text),
            ("db_name", Text),
            ("name", Text),
            ("db_subnet_group_name", Text),
            ("kms_key_id", Text),
            ("vpc_security_group_ids", List),
            ("parameter_group_name", Text),
            ("instance_class", Text),
        ],
    },
    Wanted {
        kind: "aws_rds_global_cluster",
        key: "global_cluster_identifier",
        regional: false,
        attributes: &[("global_cluster_identifier", Text), ("global_cluster_members", List), ("database_name", Text)],
    },
    Wanted {
        kind: "aws_rds_cluster",
        key: "cluster_identifier",
        regional: true,
        attributes: &[
            ("cluster_identifier", Text),
            ("global_cluster_identifier", Text),
            ("endpoint", Text),
            ("port", Number),
            ("engine", Text),
            ("database_name", Text),
        ],
    },
    Wanted {
        kind: "aws_route53_record",
        key: "id",
        regional: false,
        attributes: &[
            ("id", Text),
            ("zone_id", Text),
            ("name", Text),
            ("fqdn", Text),
            ("type", Text),
            ("records", List),
            ("alias", List),
            ("failover_routing_policy", List),
            ("health_check_id", Text),
        ],
    },
    Wanted {
        kind: "aws_route53_zone",
        key: "zone_id",
        regional: false,
        attributes: &[("zone_id", Text), ("vpc", List)],
    },
    Wanted {
        kind: "aws_route53_health_check",
        key: "id",
        regional: false,
        attributes: &[
            ("id", Text),
            ("type", Text),
            ("fqdn", Text),
            ("ip_address", Text),
            ("port", Number),
            ("resource_path", Text),
            ("search_string", Text),
        ],
    },
    Wanted {
        kind: "aws_secretsmanager_secret",
        key: "name",
        regional: true,
        attributes: &[("name", Text), ("replica", List)],
    },
    Wanted {
        kind: "aws_s3_bucket",
        key: "bucket",
        regional: true,
        attributes: &[("bucket", Text), ("bucket_regional_domain_name", Text), ("bucket_domain_name", Text)],
    },
    Wanted {
        kind: "aws_s3_bucket_replication_configuration",
        key: "bucket",
        regional: true,
        attributes: &[("bucket", Text), ("role", Text), ("rule", List)],
    },
    Wanted {
        kind: "aws_ecs_service",
        key: "id",
        regional: true,
        attributes: &[("id", Text), ("name", Text), ("cluster", Text), ("desired_count", Number)],
    },
    Wanted { kind: "aws_ecs_cluster", key: "name", regional: true, attributes: &[("name", Text)] },
    Wanted {
        kind: "aws_cloudfront_distribution",
        key: "id",
        regional: false,
        attributes: &[("id", Text), ("origin", List), ("origin_group", List)],
    },
    Wanted {
        kind: "aws_elasticache_global_replication_group",
        key: "global_replication_group_id",
        regional: false,
        attributes: &[("global_replication_group_id", Text), ("primary_replication_group_id", Text)],
    },
    Wanted {
        kind: "aws_elasticache_replication_group",
        key: "replication_group_id",
        regional: true,
        attributes: &[("replication_group_id", Text), ("global_replication_group_id", Text)],
    },
    Wanted {
        kind: "aws_cloudwatch_metric_alarm",
        key: "alarm_name",
        regional: true,
        attributes: &[
            ("alarm_name", Text),
            ("namespace", Text),
            ("metric_name", Text),
            ("dimensions", Table),
            ("threshold", Number),
            ("comparison_operator", Text),
        ],
    },
    Wanted {
        kind: "aws_lb",
        key: "dns_name",
        regional: true,
        attributes: &[("dns_name", Text), ("name", Text), ("internal", Flag), ("load_balancer_type", Text)],
    },
    // `value` is never taken, whatever the type: only `insecure_value` is said by its author to be no secret.
    Wanted {
        kind: "aws_ssm_parameter",
        key: "name",
        regional: true,
        attributes: &[("name", Text), ("type", Text), ("insecure_value", Text)],
    },
    Wanted {
        kind: "aws_lambda_function",
        key: "function_name",
        regional: true,
        attributes: &[("function_name", Text)],
    },
    Wanted { kind: "aws_eks_cluster", key: "name", regional: true, attributes: &[("name", Text)] },
];

/// What is taken from resources of a type, if anything is.
pub(super) fn wanted(kind: &str) -> Option<&'static Wanted> {
    let kind = match kind {
        "aws_alb" => "aws_lb",
        kind => kind,
    };
    WANTED.iter().find(|wanted| wanted.kind == kind)
}

impl Wanted {
    /// Takes what is wanted. An attribute of another type than the provider's is left out, and told.
    pub(super) fn take(
        &self,
        at: &At<'_>,
        attributes: &Map<String, Value>,
        doubts: &mut Vec<String>,
    ) -> BTreeMap<&'static str, Value> {
        let mut taken = BTreeMap::new();
        for (name, shape) in self.attributes.iter().chain(&EVERYWHERE) {
            let Some(value) = attributes.get(*name).filter(|value| !value.is_null()) else { continue };
            let fits = match shape {
                Text => value.is_string(),
                Number => value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok()),
                Flag => value.is_boolean(),
                List => value.is_array(),
                Table => value.is_object(),
            };
            if fits {
                taken.insert(*name, value.clone());
            } else {
                doubts.push(at.key(name).told(&format!("expected {}, found {}", shape.told(), type_name(value))));
            }
        }
        taken
    }
}

impl Shape {
    fn told(self) -> &'static str {
        match self {
            Text => "a string",
            Number => "a number",
            Flag => "a boolean",
            List => "a list",
            Table => "an object",
        }
    }
}
