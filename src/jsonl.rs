//! An output encoding for server functions: a stream of values as JSON lines.
//!
//! A streamed response cannot fail once its headers are sent, so errors are sent as values of the stream.

use std::{mem, pin::Pin};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use serde::{Serialize, de::DeserializeOwned};
use server_fn::{
    ContentType, Format, FormatType,
    codec::{Encoding, FromRes, IntoRes},
    error::{FromServerFnError, IntoAppError, ServerFnErrorErr},
    response::{ClientRes, TryRes},
};

/// The MIME type of JSON lines.
pub const CONTENT_TYPE: &str = "application/x-ndjson";

/// The encoding: `#[server(output = JsonLines)]`.
pub struct JsonLines;

impl ContentType for JsonLines {
    const CONTENT_TYPE: &'static str = CONTENT_TYPE;
}

impl FormatType for JsonLines {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encoding for JsonLines {
    const METHOD: http::Method = http::Method::POST;
}

/// A stream of values. Dropping it cancels the request.
pub struct Lines<T, E>(Pin<Box<dyn Stream<Item = Result<T, E>> + Send>>);

impl<T: 'static, E: 'static> Lines<T, E> {
    pub fn new(stream: impl Stream<Item = T> + Send + 'static) -> Self {
        Self(Box::pin(stream.map(Ok)))
    }

    /// The values as the browser receives them. An error is a lost connection, or a line that is not a `T`.
    pub fn into_inner(self) -> Pin<Box<dyn Stream<Item = Result<T, E>> + Send>> {
        self.0
    }
}

/// A value as JSON and a line break.
pub fn line<T: Serialize>(value: &T) -> Result<Bytes, serde_json::Error> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line.into())
}

impl<T, E, Response> IntoRes<JsonLines, Response, E> for Lines<T, E>
where
    Response: TryRes<E>,
    T: Serialize + Send + 'static,
    E: FromServerFnError + Send + 'static,
{
    async fn into_res(self) -> Result<Response, E> {
        let lines = self.0.map(|value| line(&value.map_err(|_| Bytes::new())?).map_err(|_| Bytes::new()));
        Response::try_from_stream(CONTENT_TYPE, lines.fuse())
    }
}

impl<T, E, Response> FromRes<JsonLines, Response, E> for Lines<T, E>
where
    Response: ClientRes<E> + Send,
    T: DeserializeOwned + Send + 'static,
    E: FromServerFnError + Send + 'static,
{
    async fn from_res(response: Response) -> Result<Self, E> {
        Ok(Self(Box::pin(decode(response.try_into_stream()?))))
    }
}

/// Joins chunks into lines. A chunk may end anywhere, even within a UTF-8 sequence.
fn decode<T, E>(
    chunks: impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
) -> impl Stream<Item = Result<T, E>> + Send
where
    T: DeserializeOwned + Send,
    E: FromServerFnError + Send,
{
    let mut rest = BytesMut::new();
    chunks.flat_map(move |chunk| {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return stream::iter(vec![Err(E::de(error))]),
        };
        let mut parts = chunk.split_inclusive(|&byte| byte == b'\n');
        let mut values = Vec::new();
        for part in &mut parts {
            rest.extend_from_slice(part);
            if part.ends_with(b"\n") {
                values.push(parse(&mem::take(&mut rest)));
            }
        }
        stream::iter(values)
    })
}

fn parse<T: DeserializeOwned, E: FromServerFnError>(line: &[u8]) -> Result<T, E> {
    serde_json::from_slice(line).map_err(|error| ServerFnErrorErr::Deserialization(error.to_string()).into_app_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AppError;

    #[test]
    fn lines_are_decoded_from_chunks_of_any_size() {
        let wire = "\"α\"\n\"b\"\n\"\"\n".as_bytes();
        for size in 1..=wire.len() {
            let chunks: Vec<_> = wire.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
            let values = decode::<String, AppError>(stream::iter(chunks)).map(Result::unwrap).collect::<Vec<_>>();
            assert_eq!(futures::executor::block_on(values), ["α", "b", ""], "chunks of {size}");
        }
    }

    #[test]
    fn an_incomplete_last_line_is_not_a_value() {
        let chunks = [Ok(Bytes::from_static(b"1\n2"))];
        let values = decode::<u8, AppError>(stream::iter(chunks)).map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(futures::executor::block_on(values), [1]);
    }
}
