//! What the editor does with each message of the server, on the thread that reads them.

use super::state::{ApplyEdit, Shared, State};
use super::wire;
use serde_json::{Value, json};
use std::io::{BufReader, Read};

/// Reads until the server's output ends.
pub(super) fn read_all(output: impl Read, shared: &Shared) {
    let mut output = BufReader::new(output);
    loop {
        let message = wire::read(&mut output);
        let mut state = shared.lock();
        match message {
            Ok(Some(message)) => take(&mut state, message),
            Ok(None) => state.closed = true,
            Err(error) => {
                state.faults.push(format!("on stdout: {error}"));
                state.closed = true;
            }
        }
        let closed = state.closed;
        drop(state);
        shared.notify();
        if closed {
            return;
        }
    }
}

fn take(state: &mut State, message: Value) {
    state.transcript.push_str(&message.to_string());
    state.transcript.push('\n');
    if message["jsonrpc"] != "2.0" {
        state.faults.push(format!("no JSON-RPC 2.0: {message}"));
    }
    match (message.get("id"), message["method"].as_str().map(str::to_owned)) {
        (Some(id), Some(method)) => {
            let id = id.clone();
            state.asked.push(method.clone());
            answer_request(state, &id, &method, message);
        }
        (None, Some(method)) => take_notification(state, &method, message),
        (Some(id), None) => take_reply(state, id.as_u64(), message),
        (None, None) => state.faults.push(format!("neither request nor answer: {message}")),
    }
}

fn take_reply(state: &mut State, id: Option<u64>, message: Value) {
    match id.and_then(|id| state.pending.remove(&id).map(|_| id)) {
        Some(id) => {
            state.replies.insert(id, message);
        }
        // An error without an id is the answer to a message that could not be read.
        None if message["id"].is_null() && message.get("error").is_some() => state.inbox.push_back(message),
        None => state.faults.push(format!("an answer that nothing asked for: {message}")),
    }
}

fn take_notification(state: &mut State, method: &str, message: Value) {
    if method == aside::protocol::method::STATUS {
        match serde_json::from_value(message["params"].clone()) {
            Ok(status) => state.statuses.push(status),
            Err(error) => state.faults.push(format!("{error}: {message}")),
        }
    } else if method == "window/logMessage" {
        state.logged.extend(message["params"]["message"].as_str().map(str::to_owned));
    } else {
        state.inbox.push_back(message);
    }
}

fn answer_request(state: &mut State, id: &Value, method: &str, message: Value) {
    let params = message["params"].clone();
    match method {
        "workspace/configuration" if !state.answers.configuration => {}
        "workspace/configuration" => {
            let sections = params["items"].as_array().map_or(&[][..], Vec::as_slice);
            let values: Vec<Value> = sections.iter().map(|item| section(&state.settings, item)).collect();
            reply(state, id, json!(values));
        }
        "client/registerCapability"
        | "client/unregisterCapability"
        | "window/workDoneProgress/create"
        | "workspace/codeLens/refresh" => {
            reply(state, id, Value::Null);
        }
        "window/showMessageRequest" => {
            let pressed = if state.answers.button { params["actions"][0].clone() } else { Value::Null };
            state.inbox.push_back(message);
            reply(state, id, pressed);
        }
        "window/showDocument" => {
            let success = state.answers.show_document;
            state.inbox.push_back(message);
            reply(state, id, json!({"success": success}));
        }
        "workspace/applyEdit" => {
            state.inbox.push_back(message);
            apply_edit(state, id, &params["edit"]);
        }
        _ => state.faults.push(format!("a request that no editor knows: {message}")),
    }
}

fn section(settings: &Value, item: &Value) -> Value {
    if item["section"] == "aside" { settings.clone() } else { Value::Null }
}

fn reply(state: &State, id: &Value, result: Value) {
    state.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
}

fn apply_edit(state: &mut State, id: &Value, edit: &Value) {
    let say = |state: &State, applied: bool| reply(state, id, json!({"applied": applied}));
    match state.next_edits.pop_front().unwrap_or_default() {
        ApplyEdit::Honest => {
            apply(state, edit.clone());
            say(state, true);
        }
        ApplyEdit::ChangeAfterAnswer => {
            say(state, true);
            apply(state, edit.clone());
        }
        ApplyEdit::Refuse => say(state, false),
        ApplyEdit::Lie => say(state, true),
        ApplyEdit::OverUnsent => {
            apply_over_unsent(state, edit);
            say(state, true);
        }
        ApplyEdit::OverTyped(typed) => {
            state.hold = true;
            apply(state, typed_at_top(edit, typed));
            apply_over_unsent(state, edit);
            say(state, true);
        }
        ApplyEdit::UnixLines => {
            apply(state, with_unix_lines(edit));
            say(state, true);
        }
        ApplyEdit::Silent => {}
        ApplyEdit::Mute => apply(state, edit.clone()),
    }
}

/// Typing at the top of the document that the edit is for.
fn typed_at_top(edit: &Value, typed: &str) -> Value {
    let mut edit = edit.clone();
    let start = json!({"line": 0, "character": 0});
    for document in edit["documentChanges"].as_array_mut().into_iter().flatten() {
        document["edits"] = json!([{"range": {"start": start, "end": start}, "newText": typed}]);
    }
    edit
}

/// The same edit with every text's line endings turned.
fn with_unix_lines(edit: &Value) -> Value {
    let mut edit = edit.clone();
    for text_edit in text_edits(&mut edit) {
        let text = text_edit["newText"].as_str().unwrap_or_default().replace("\r\n", "\n");
        text_edit["newText"] = json!(text);
    }
    edit
}

fn text_edits(edit: &mut Value) -> Vec<&mut Value> {
    let documents = edit["documentChanges"].as_array_mut();
    documents
        .into_iter()
        .flatten()
        .flat_map(|document| document["edits"].as_array_mut().into_iter().flatten())
        .collect()
}

fn apply(state: &mut State, edit: Value) {
    if let Err(error) = apply_workspace_edit(state, &edit) {
        state.faults.push(format!("an edit that can't be applied: {error}: {edit}"));
    }
}

/// Applies the edit by its positions to text that the server has not seen, then sends everything.
fn apply_over_unsent(state: &mut State, edit: &Value) {
    apply(state, edit.clone());
    state.hold = false;
    let uris: Vec<String> = state.documents.keys().cloned().collect();
    for uri in uris {
        send_changes(state, &uri, vec![]);
    }
}

/// Applies a `WorkspaceEdit` as an editor does, whatever its version, and sends the changes.
pub(super) fn apply_workspace_edit(state: &mut State, edit: &Value) -> Result<(), String> {
    let documents = edit["documentChanges"].as_array().ok_or("no documentChanges")?;
    for change in documents {
        let uri = change["textDocument"]["uri"].as_str().ok_or("no uri")?;
        let edits = change["edits"].as_array().ok_or("no edits")?;
        let encoding = state.encoding;
        let document = state.documents.get_mut(uri).ok_or_else(|| format!("{uri} is not open"))?;
        let changes = document.edit(edits, encoding)?;
        send_changes(state, uri, changes);
    }
    Ok(())
}

/// Sends changes that were made, and those kept back, as one `didChange`; or keeps them back.
pub(super) fn send_changes(state: &mut State, uri: &str, changes: Vec<Value>) {
    let hold = state.hold;
    let Some(document) = state.documents.get_mut(uri) else { return };
    document.unsent.extend(changes);
    if hold || document.unsent.is_empty() {
        return;
    }
    document.version += 1;
    let params = json!({
        "textDocument": {"uri": uri, "version": document.version},
        "contentChanges": std::mem::take(&mut document.unsent),
    });
    state.send(&json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}));
}
