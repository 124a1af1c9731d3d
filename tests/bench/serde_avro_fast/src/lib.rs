//! serde_avro_fast behind functions that bench_codec loads: reports into structs that borrow their
//! texts, and back to bytes.
use serde::{Deserialize, Serialize};
use serde_avro_fast::{from_datum_slice, ser::SerializerConfig, to_datum, Schema};
use std::hint::black_box;
use std::slice;

#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum EventStatus {
    Unknown,
    Planned,
    Ongoing,
    Completed,
    Postponed,
    Rescheduled,
    Cancelled,
    Retracted,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum VisitType {
    Unknown,
    State,
    Official,
    Working,
    Friendly,
    Goodwill,
    Private,
    Transit,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Modality {
    Unknown,
    InPerson,
    Telephone,
    Online,
    Correspondence,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Role {
    Unknown,
    Visitor,
    Host,
    Guest,
    Participant,
    Chair,
    Observer,
    Delegation,
    Remote,
    Mentioned,
}

#[derive(Deserialize, Serialize)]
struct Dates<'a> {
    text: Option<&'a str>,
    start: Option<&'a str>,
    end: Option<&'a str>,
}

#[derive(Deserialize, Serialize)]
struct Place<'a> {
    city: Option<&'a str>,
    country: Option<&'a str>,
    venue: Option<&'a str>,
}

#[derive(Deserialize, Serialize)]
struct Person<'a> {
    name: &'a str,
    office: Option<&'a str>,
    country: Option<&'a str>,
    on_behalf_of: Option<&'a str>,
    role: Role,
}

#[derive(Deserialize, Serialize)]
struct Statement<'a> {
    speaker: &'a str,
    text: &'a str,
}

#[derive(Deserialize, Serialize)]
struct Mission<'a> {
    sending: &'a str,
    receiving: &'a str,
    opened: Option<&'a str>,
}

#[derive(Deserialize, Serialize)]
struct Bilateral<'a> {
    #[serde(borrow)]
    parties: Vec<&'a str>,
    established: Option<&'a str>,
    missions: Vec<Mission<'a>>,
    frameworks: Vec<&'a str>,
}

#[derive(Deserialize, Serialize)]
struct Visit<'a> {
    event_id: &'a str,
    source: &'a str,
    revision: i32,
    supersedes: Option<&'a str>,
    source_url: Option<&'a str>,
    attribution: Option<&'a str>,
    language: Option<&'a str>,
    published_at: Option<i64>,
    status: EventStatus,
    visit_type: VisitType,
    #[serde(borrow)]
    dates: Option<Dates<'a>>,
    stops: Vec<Place<'a>>,
    participants: Vec<Person<'a>>,
    organizations: Vec<&'a str>,
    occasion: Option<&'a str>,
    topics: Vec<&'a str>,
    statements: Vec<Statement<'a>>,
    #[serde(default)]
    bilateral: Option<Bilateral<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Meeting<'a> {
    event_id: &'a str,
    source: &'a str,
    revision: i32,
    supersedes: Option<&'a str>,
    source_url: Option<&'a str>,
    attribution: Option<&'a str>,
    language: Option<&'a str>,
    published_at: Option<i64>,
    status: EventStatus,
    visit_id: Option<&'a str>,
    modality: Modality,
    #[serde(borrow)]
    dates: Option<Dates<'a>>,
    place: Option<Place<'a>>,
    participants: Vec<Person<'a>>,
    organizations: Vec<&'a str>,
    occasion: Option<&'a str>,
    topics: Vec<&'a str>,
    statements: Vec<Statement<'a>>,
    #[serde(default)]
    bilateral: Option<Bilateral<'a>>,
}

enum Report<'a> {
    Visit(Visit<'a>),
    Meeting(Meeting<'a>),
}

/// One schema, and the reports that were kept to be encoded.
pub struct Beside {
    meetings: bool,
    schema: &'static Schema,
    config: SerializerConfig<'static>,
    kept: Vec<Report<'static>>,
    out: Vec<u8>,
}

fn read<'a>(beside: &Beside, bytes: &'a [u8]) -> Option<Report<'a>> {
    if beside.meetings {
        from_datum_slice(bytes, beside.schema)
            .ok()
            .map(Report::Meeting)
    } else {
        from_datum_slice(bytes, beside.schema)
            .ok()
            .map(Report::Visit)
    }
}

/// NULL when the schema can't be read. The schema stays until the process ends.
///
/// # Safety
/// `json` points to `len` bytes.
#[no_mangle]
pub unsafe extern "C" fn beside_open(json: *const u8, len: usize, meetings: bool) -> *mut Beside {
    let text = slice::from_raw_parts(json, len);
    match std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()) {
        Some(schema) => {
            let schema: &'static Schema = Box::leak(Box::new(schema));
            let config = SerializerConfig::new(schema);
            let (kept, out) = (Vec::new(), Vec::new());
            Box::into_raw(Box::new(Beside {
                meetings,
                schema,
                config,
                kept,
                out,
            }))
        }
        None => std::ptr::null_mut(),
    }
}

/// # Safety
/// `beside` is from beside_open, and not used any more.
#[no_mangle]
pub unsafe extern "C" fn beside_close(beside: *mut Beside) {
    drop(Box::from_raw(beside));
}

/// Decodes and drops a report.
///
/// # Safety
/// `bytes` points to `len` bytes.
#[no_mangle]
pub unsafe extern "C" fn beside_decode(beside: &Beside, bytes: *const u8, len: usize) -> bool {
    black_box(read(beside, slice::from_raw_parts(bytes, len))).is_some()
}

/// Decodes a report and keeps it.
///
/// # Safety
/// `bytes` points to `len` bytes that stay until beside_close.
#[no_mangle]
pub unsafe extern "C" fn beside_keep(beside: &mut Beside, bytes: *const u8, len: usize) -> bool {
    match read(beside, slice::from_raw_parts(bytes, len)) {
        Some(report) => {
            beside.kept.push(report);
            true
        }
        None => false,
    }
}

/// Encodes the kept report of that index; the count of bytes, or 0.
#[no_mangle]
pub extern "C" fn beside_encode(beside: &mut Beside, index: usize) -> usize {
    let mut out = std::mem::take(&mut beside.out);
    out.clear();
    let done = match &beside.kept[index] {
        Report::Visit(visit) => to_datum(visit, out, &mut beside.config),
        Report::Meeting(meeting) => to_datum(meeting, out, &mut beside.config),
    };
    match done {
        Ok(bytes) => {
            beside.out = bytes;
            beside.out.len()
        }
        Err(_) => 0,
    }
}
