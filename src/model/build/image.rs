//! Container images, by Docker's own reading of a reference.

use std::fmt;

/// A container image, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// What for.
    pub role: ImageRole,
    /// Which.
    pub image: ImageName,
}

/// What an image is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageRole {
    /// A CI job runs in it.
    Runs,
    /// It runs beside a CI job.
    Service,
    /// It is a base of another: `FROM`.
    Base,
    /// Files are taken from it: `COPY --from`, `--mount=from=`.
    CopiedFrom,
    /// It reads the Dockerfile and so runs the build: `# syntax=`.
    Frontend,
    /// A build's cache comes from it.
    Cache,
    /// A command pulls or runs it.
    Pulled,
    /// A command pushes it.
    Pushed,
    /// A container engine or cluster runs it.
    Deployed,
}

/// An image as far as it is known before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageName {
    /// It is known.
    Known(ImageReference),
    /// It depends on what only the run knows; as written.
    Unresolved(String),
}

/// An image reference with Docker's defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageReference {
    /// Host and port: `docker.io`.
    pub registry: String,
    /// `library/redis`.
    pub repository: String,
    /// The tag as written; none if there is none.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

impl ImageReference {
    /// Registry and repository: `docker.io/library/redis`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}
