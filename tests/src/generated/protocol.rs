//! `server/PROTOCOL.md`: every custom message and every type in it, out of the types themselves.

use aside::protocol::{self as p, command, method};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// One message: its name, which way it goes, its params, and what a request is answered with.
struct Message {
    name: &'static str,
    way: Way,
    params: String,
    result: String,
}

#[derive(Clone, Copy)]
enum Way {
    /// A request of the client.
    Request,
    /// A notification of the server.
    Event,
    /// A `workspace/executeCommand` of the client.
    Command,
}

/// The whole page.
pub(super) fn page() -> String {
    let mut types = SchemaSettings::draft2020_12().into_generator();
    let features = name_of::<p::ClientFeatures>(&mut types);
    let messages = messages(&mut types);
    let rows = |wanted: fn(Way) -> bool| -> String {
        messages.iter().filter(|m| wanted(m.way)).map(Message::row).collect()
    };
    let requests = rows(|way| matches!(way, Way::Request));
    let events = rows(|way| matches!(way, Way::Event));
    let commands = rows(|way| matches!(way, Way::Command));
    let sections: String = types.definitions().iter().map(|(name, schema)| section(name, schema)).collect();
    let page = format!(
        "# Aside's own messages\n\n\
         Generated from `server/src/protocol.rs` by the tests; don't edit it by hand.\n\n\
         A client names its chats, turns and proposals. Positions are LSP's, in the negotiated encoding. Any LSP client \
         gets code actions and commands without these messages; a client that draws them says so in \
         `initializationOptions.aside` ({features}), and finds them announced in `capabilities.experimental.aside`. \
         A request that can't be carried out is answered with the error -32803, whose `data` is a {problem}. \
         No message holds a key.\n\n\
         ## Requests to the server\n\n| Method | Params | Answer |\n|---|---|---|\n{requests}\n\
         ## Notifications of the server\n\n| Method | Params |\n|---|---|\n{events}\n\
         ## Commands\n\nOf `workspace/executeCommand`, each with one argument at most.\n\n\
         | Command | Argument |\n|---|---|\n{commands}\n\
         ## Types\n{sections}",
        problem = link("Problem"),
    );
    one_blank_line(&page)
}

fn one_blank_line(text: &str) -> String {
    let lines = text.lines().fold(vec![""; 0], |mut lines, line| {
        if !(line.is_empty() && lines.last().is_some_and(|last| last.is_empty())) {
            lines.push(line);
        }
        lines
    });
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// Every message; a test of tidiness checks that none of `protocol.rs` is missing.
fn messages(types: &mut SchemaGenerator) -> Vec<Message> {
    let null = || "null".to_owned();
    let mut all = vec![];
    let mut add = |name, way, params: String, result: String| all.push(Message { name, way, params, result });
    let mut of = Names(types);
    add(method::CHAT_SEND, Way::Request, of.name::<p::ChatSend>(), null());
    add(method::CHAT_LIST, Way::Request, String::new(), of.list::<p::ChatSummary>());
    add(method::CHAT_OPEN, Way::Request, of.name::<p::ChatName>(), of.name::<p::ChatTranscript>());
    add(method::CHAT_RENAME, Way::Request, of.name::<p::ChatRename>(), null());
    add(method::CHAT_DELETE, Way::Request, of.name::<p::ChatName>(), null());
    add(method::CHAT_SEARCH, Way::Request, of.name::<p::ChatSearch>(), of.list::<p::ChatSummary>());
    add(method::CHAT_EXPORT, Way::Request, of.name::<p::ChatName>(), of.name::<p::ChatMarkdown>());
    add(method::CHAT_FORK, Way::Request, of.name::<p::ChatFork>(), null());
    add(method::INLINE_START, Way::Request, of.name::<p::InlineStart>(), null());
    add(method::PROPOSAL_ACCEPT, Way::Request, of.name::<p::ProposalAccept>(), of.name::<p::ProposalEdit>());
    add(method::PROPOSAL_REJECT, Way::Request, of.name::<p::ProposalReject>(), null());
    add(method::PROPOSAL_RETRY, Way::Request, of.name::<p::ProposalRetry>(), null());
    let spot = format!("{} or null", of.name::<p::ProposalSpot>());
    add(method::PROPOSAL_NEAR, Way::Request, of.name::<p::ProposalNear>(), spot);
    add(method::CANCEL, Way::Request, of.name::<p::Cancel>(), null());
    add(method::MODELS, Way::Request, of.name::<p::ModelsParams>(), of.name::<p::ModelsResult>());
    let nothing = "none: it is a notification".to_owned();
    add(method::WARM, Way::Request, of.name::<p::Warm>(), nothing.clone());
    add(method::TELEMETRY_LEVEL, Way::Request, of.name::<p::TelemetryLevel>(), nothing);
    add(method::PREVIEW, Way::Request, of.name::<p::Preview>(), of.name::<p::PreviewResult>());
    add(method::CHAT_EVENT, Way::Event, of.name::<p::ChatEvent>(), String::new());
    add(method::PROPOSAL_EVENT, Way::Event, of.name::<p::ProposalEvent>(), String::new());
    add(method::STATUS, Way::Event, of.name::<p::Status>(), String::new());
    add(command::RUN, Way::Command, of.name::<p::RunAction>(), String::new());
    add(command::ACCEPT, Way::Command, of.name::<p::ProposalAccept>(), String::new());
    add(command::REJECT, Way::Command, of.name::<p::ProposalReject>(), String::new());
    add(command::RETRY, Way::Command, of.name::<p::ProposalRetry>(), String::new());
    add(command::SHOW, Way::Command, of.name::<p::ProposalName>(), String::new());
    for name in
        [command::LEDGER, command::DATA, command::PRIVACY, command::TELEMETRY, command::TELEMETRY_DELETE]
    {
        add(name, Way::Command, "none".to_owned(), String::new());
    }
    let or_none = format!("{} or none", of.name::<p::TelemetryExport>());
    add(command::TELEMETRY_EXPORT, Way::Command, or_none, String::new());
    add(command::PREVIEW, Way::Command, of.name::<p::Preview>(), String::new());
    add(command::CANCEL, Way::Command, of.name::<p::Cancel>(), String::new());
    add(command::DOCTOR, Way::Command, "none".to_owned(), String::new());
    add(command::SEND, Way::Command, of.name::<p::PageSend>(), String::new());
    add(command::NEW_CHAT, Way::Command, "none".to_owned(), String::new());
    all
}

impl Message {
    fn row(&self) -> String {
        let Self { name, params, result, .. } = self;
        match self.way {
            Way::Request => format!("| `{name}` | {params} | {result} |\n"),
            Way::Event | Way::Command => format!("| `{name}` | {params} |\n"),
        }
    }
}

/// Names types, and remembers them for the sections.
struct Names<'a>(&'a mut SchemaGenerator);

impl Names<'_> {
    fn name<T: JsonSchema>(&mut self) -> String {
        name_of::<T>(self.0)
    }

    fn list<T: JsonSchema>(&mut self) -> String {
        format!("list of {}", name_of::<T>(self.0))
    }
}

fn name_of<T: JsonSchema>(types: &mut SchemaGenerator) -> String {
    type_of(&types.subschema_for::<T>().to_value())
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

fn section(name: &str, schema: &Value) -> String {
    let about = description(schema);
    let body = match choices(schema) {
        Some(choices) => format!("\n{}", choices.iter().map(choice).collect::<String>()),
        None => fields(schema, None),
    };
    format!("\n### {name}\n\n{about}\n{body}")
}

fn choices(schema: &Value) -> Option<Vec<Value>> {
    let one_of = schema.get("oneOf").and_then(Value::as_array).cloned();
    let names = schema.get("enum").and_then(Value::as_array);
    one_of
        .or_else(|| names.map(|names| names.iter().map(|name| serde_json::json!({"const": name})).collect()))
}

/// One value of a closed set: a word, or an object told apart by its `kind`.
fn choice(schema: &Value) -> String {
    let about = match description(schema) {
        about if about.is_empty() => about,
        about => format!(": {about}"),
    };
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(|word| format!("- `{word}`{about}\n")).collect();
    }
    match (schema.get("const"), schema.pointer("/properties/kind/const")) {
        (Some(word), _) => format!("- `{word}`{about}\n"),
        (None, Some(kind)) => {
            let whole = schema.get("$ref").map(|_| format!(", and the fields of {}", type_of(schema)));
            let fields = fields(schema, Some("kind"));
            format!("\n`\"kind\": {kind}`{}{about}\n{fields}\n", whole.unwrap_or_default())
        }
        (None, None) => format!("- {}{about}\n", type_of(schema)),
    }
}

fn fields(schema: &Value, but: Option<&str>) -> String {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: String = properties
        .iter()
        .filter(|(name, _)| Some(name.as_str()) != but)
        .map(|(name, field)| {
            let optional = if required.contains(&Value::from(name.as_str())) { "" } else { "?" };
            format!("| `{name}`{optional} | {} | {} |\n", type_of(field), description(field))
        })
        .collect();
    if rows.is_empty() { rows } else { format!("\n| Field | Type | |\n|---|---|---|\n{rows}") }
}

fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.replace('\n', " ").replace('|', "\\|").replace("[`super::", "`").replace("`]", "`")
}

fn type_of(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return link(name.rsplit('/').next().unwrap_or(name));
    }
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        return options.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    match schema.get("type") {
        Some(Value::Array(names)) => {
            names.iter().map(|name| simple(name, schema)).collect::<Vec<_>>().join(" or ")
        }
        Some(name) => simple(name, schema),
        None => "any".to_owned(),
    }
}

fn simple(name: &Value, schema: &Value) -> String {
    match name.as_str() {
        Some("array") => format!("list of {}", schema.get("items").map(type_of).unwrap_or_default()),
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}
