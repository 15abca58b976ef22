//! What is told with consent is taken by a receiver made of OpenTelemetry's own definitions, which this project didn't write.

use crate::check_network;
use aside_tests::{FakeModel, TestEditor};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The receiver, until it is dropped.
struct Collector {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Collector {
    fn start() -> Self {
        let python = std::env::var("ASIDE_TEST_COLLECTOR_PYTHON");
        let python =
            python.expect("`tests/run privacy` installs OpenTelemetry's definitions and names their Python");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("privacy/collector.py");
        let process = Command::new(python).arg(script).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut process = process.expect("Python runs");
        let said = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, said }
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("it says something");
        line.trim().to_owned()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // The only error is that it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_receiver_of_opentelemetrys_own_definitions_takes_what_is_told() {
    check_network();
    let mut collector = Collector::start();
    let endpoint = collector.line();
    let home = tempfile::tempdir().expect("a folder");
    let model = FakeModel::start();
    let telemetry = json!({"telemetry": {"usage": true, "errors": true, "endpoint": endpoint}});
    let mut setup = model.setup().with_settings(&telemetry);
    for (name, folder) in
        [("ASIDE_STATE_DIR", "state"), ("ASIDE_DATA_DIR", "data"), ("ASIDE_CONFIG_DIR", "config")]
    {
        setup = setup.with_env(name, &home.path().join(folder).display().to_string());
    }
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "1", "what?");
    model.next().openai_answer("that");
    editor.turn("c", "1");
    editor.send("c", "2", "what?");
    model.next().openai_error(400, "bad", "no", &[]);
    editor.turn("c", "2");
    drop(editor);

    // The day is over, and there was a bug in it.
    let days = home.path().join("state/telemetry/days.json");
    let counted = std::fs::read_to_string(&days).expect("the day was counted");
    let mut queue: Value = serde_json::from_str(&counted).expect("JSON");
    let day = &mut queue["days"][0];
    day["day"] = json!(20_000);
    let bug = json!({"event": "panicked", "place": "server/src/chat.rs:1", "times": 3});
    day["counts"].as_array_mut().expect("what was counted").push(bug);
    std::fs::write(&days, queue.to_string()).expect("it can be written");
    let mut editor = TestEditor::start(&setup);
    editor.send("c", "3", "what?");
    model.next().openai_answer("that");
    editor.turn("c", "3");
    editor.next::<Value>("telemetry/event");

    let taken = collector.line();
    let taken: Value = serde_json::from_str(&taken).unwrap_or_else(|_| panic!("{taken}"));
    let resource = &taken["resourceMetrics"][0];
    assert_eq!(attribute(&resource["resource"], "service.name"), "aside");
    let metrics = resource["scopeMetrics"][0]["metrics"].as_array().expect("metrics");
    let names: Vec<&str> = metrics.iter().filter_map(|metric| metric["name"].as_str()).collect();
    assert_eq!(names, ["aside.used", "aside.failed", "aside.panicked"]);
    for metric in metrics {
        assert_eq!(metric["sum"]["aggregationTemporality"], "AGGREGATION_TEMPORALITY_DELTA", "{metric}");
        for point in metric["sum"]["dataPoints"].as_array().expect("points") {
            assert_eq!(point["startTimeUnixNano"], (20_000_u64 * 86_400_000_000_000).to_string());
            assert_eq!(point["timeUnixNano"], (20_001_u64 * 86_400_000_000_000).to_string());
            assert_eq!(point["asInt"], "1");
        }
    }
    let point = |metric: usize| &metrics[metric]["sum"]["dataPoints"][0];
    assert_eq!(attribute(point(0), "feature"), "chat");
    assert_eq!(attribute(point(1), "problem"), "provider");
    assert_eq!(
        (attribute(point(2), "place"), attribute(point(2), "times")),
        ("server/src/chat.rs:1", "2 to 5")
    );
}

fn attribute<'v>(of: &'v Value, key: &str) -> &'v str {
    let all = of["attributes"].as_array().map_or(&[][..], Vec::as_slice);
    let found = all.iter().find(|attribute| attribute["key"] == key);
    found.and_then(|it| it["value"]["stringValue"].as_str()).unwrap_or_else(|| panic!("no {key} in {of}"))
}
