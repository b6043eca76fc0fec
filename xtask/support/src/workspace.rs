//! The workspace as `cargo metadata` describes it.

use crate::command::{Failure, Result, cargo, stdout_of};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// All packages in the lock file's graph, ours and foreign.
#[derive(Debug)]
pub struct Workspace {
    packages: Vec<Package>,
    target: PathBuf,
}

/// What the tasks need to know of one package.
#[derive(Debug, Clone, Default)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// Whether the package is a member of this workspace.
    pub ours: bool,
    /// Whether the package may go to a registry.
    pub publishable: bool,
    pub rust_version: Option<String>,
    pub description: Option<String>,
    pub license: Option<String>,
    pub readme: Option<String>,
    pub keywords: Vec<String>,
    pub categories: Vec<String>,
    pub features: Vec<String>,
    /// The names of its normal dependencies (not the build or test ones), optional ones included.
    pub dependencies: Vec<String>,
}

impl Workspace {
    /// Reads the metadata from cargo.
    pub fn load() -> Result<Self> {
        let json = stdout_of(&mut cargo(&["metadata", "--format-version", "1"]))?;
        let json: Value = serde_json::from_str(&json).map_err(|error| {
            Failure::new(format!("cargo metadata printed something else than JSON: {error}"))
        })?;
        let members = strings(&json["workspace_members"]);
        let packages =
            elements(&json["packages"]).map(|package| Package::read(package, &members)).collect();
        Ok(Self { packages, target: PathBuf::from(string(&json["target_directory"])) })
    }

    /// The members of this workspace.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.ours)
    }

    /// The members that may go to a registry.
    pub fn publishable(&self) -> impl Iterator<Item = &Package> {
        self.ours().filter(|package| package.publishable)
    }

    /// The package with exactly this version.
    pub fn find(&self, name: &str, version: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name && package.version == version)
    }

    /// The target folder of cargo.
    pub fn target(&self) -> &Path {
        &self.target
    }
}

impl Package {
    fn read(json: &Value, members: &[String]) -> Self {
        Self {
            name: string(&json["name"]),
            version: string(&json["version"]),
            ours: members.contains(&string(&json["id"])),
            // No list of registries means any; `publish = false` is an empty list.
            publishable: json["publish"].is_null(),
            rust_version: optional(&json["rust_version"]),
            description: optional(&json["description"]),
            license: optional(&json["license"]),
            readme: optional(&json["readme"]),
            keywords: strings(&json["keywords"]),
            categories: strings(&json["categories"]),
            features: json["features"]
                .as_object()
                .map(|features| features.keys().cloned().collect())
                .unwrap_or_default(),
            dependencies: elements(&json["dependencies"])
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| string(&dependency["name"]))
                .collect(),
        }
    }
}

fn elements(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}

fn optional(json: &Value) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn string(json: &Value) -> String {
    optional(json).unwrap_or_default()
}

fn strings(json: &Value) -> Vec<String> {
    elements(json).map(string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_knows_the_packages() {
        let workspace = Workspace::load().unwrap();
        let soak = workspace.ours().find(|package| package.name == "selfup-soak").unwrap();
        assert!(!soak.publishable);
        assert!(soak.dependencies.contains(&"selfup-load".to_owned()));
        assert!(!soak.dependencies.contains(&"selfup-tests".to_owned()), "a test dependency");
        assert!(workspace.publishable().any(|package| package.name == "selfup"));
        assert!(workspace.find("xtask", &soak.version).is_some());
    }
}
