//! A day's report as an OpenTelemetry collector takes it: OTLP over HTTP, in JSON.
//!
//! OTLP specification 1.9, "OTLP/HTTP" and "JSON Protobuf Encoding": names in camel case, 64-bit numbers as texts, enums
//! as numbers. Each data point counts one: the day on which the event happened so often.

use super::queue::{Report, Row};
use super::{Event, name_of};
use serde_json::{Value, json};

const NANOSECONDS: u64 = 1_000_000_000;
const DAY: u64 = 24 * 60 * 60 * NANOSECONDS;
/// `AGGREGATION_TEMPORALITY_DELTA` (opentelemetry/proto/metrics/v1/metrics.proto).
const DELTA: u8 = 1;

/// The request's path behind the endpoint of the settings, which may name it already.
pub fn otlp_path(endpoint: &str) -> &'static str {
    const PATH: &str = "/v1/metrics";
    if endpoint.trim_end_matches('/').ends_with(PATH) { "" } else { PATH }
}

/// The request's body, an `ExportMetricsServiceRequest`.
pub fn otlp(report: &Report) -> Value {
    let metrics: Vec<Value> = ["used", "failed", "panicked"]
        .into_iter()
        .filter_map(|name| {
            let points: Vec<Value> = report
                .events
                .iter()
                .filter(|row| kind(&row.event) == name)
                .map(|row| point(report, row))
                .collect();
            (!points.is_empty()).then(|| {
                json!({
                    "name": format!("aside.{name}"),
                    "unit": "{day}",
                    "sum": {"aggregationTemporality": DELTA, "isMonotonic": true, "dataPoints": points},
                })
            })
        })
        .collect();
    let resource = attributes(&[
        ("service.name", "aside"),
        ("service.version", &report.version),
        ("os.type", report.system.name()),
        ("aside.editor", report.editor.name()),
        ("aside.schema", &report.schema.to_string()),
    ]);
    json!({"resourceMetrics": [{
        "resource": {"attributes": resource},
        "scopeMetrics": [{"scope": {"name": "aside"}, "metrics": metrics}],
    }]})
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Used { .. } => "used",
        Event::Failed { .. } => "failed",
        Event::Panicked { .. } => "panicked",
    }
}

fn point(report: &Report, row: &Row) -> Value {
    let start = report.begins.saturating_mul(DAY);
    let times = ("times", row.times.name());
    let attributes = match &row.event {
        Event::Used { feature, outcome, took } => attributes(&[
            ("feature", feature.name()),
            ("outcome", outcome.name()),
            ("took", took.name()),
            times,
        ]),
        Event::Failed { feature, problem } => {
            attributes(&[("feature", feature.name()), ("problem", &name_of(*problem)), times])
        }
        Event::Panicked { place } => attributes(&[("place", place.as_str()), times]),
    };
    json!({
        "asInt": "1",
        "startTimeUnixNano": start.to_string(),
        "timeUnixNano": start.saturating_add(DAY).to_string(),
        "attributes": attributes,
    })
}

fn attributes(pairs: &[(&str, &str)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}
