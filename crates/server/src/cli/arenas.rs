//! How much memory the C library's allocator takes for itself.

/// What glibc reads it from, once, before the program begins.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SETTING: &str = "MALLOC_ARENA_MAX";

/// As many arenas as cores. By itself glibc goes up to eight for each core, which are filled, and hold what was given back,
/// one by one: under load that was a seventh of what this program had resident (`make bench`). The setting can only be had by
/// beginning again with it, so the program does, once, as the same process; where it cannot, it goes on as it is.
pub(super) fn as_many_as_cores() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if std::env::var_os(SETTING).is_none()
        && let (Ok(program), Ok(cores)) = (std::env::current_exe(), std::thread::available_parallelism())
    {
        use std::os::unix::process::CommandExt as _;
        let mut again = std::process::Command::new(program);
        again.args(std::env::args_os().skip(1)).env(SETTING, cores.to_string());
        let error = again.exec();
        eprintln!("allthrive-billing: goes on with more memory than it needs: {error}");
    }
}
