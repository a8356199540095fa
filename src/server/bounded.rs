//! Reading what others send, up to a size.

/// The whole body of an answer; `None` when it is larger than `most` bytes.
pub async fn read(response: &mut reqwest::Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
