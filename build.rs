//! Watches for the built pages, so that a server built before them is built again.

fn main() {
    // An absent folder cannot be watched, and embedding wants one, if only an empty one.
    let _ = std::fs::create_dir_all("web/dist");
    println!("cargo:rerun-if-changed=web/dist");
    println!("cargo:rerun-if-changed=migrations");
}
