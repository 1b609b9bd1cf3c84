//! What is measured.

use clap::Parser;

#[derive(Debug, Parser)]
#[command(about = "Durable consume over HTTP, beside pgbench and beside one transaction per request")]
pub(crate) struct Plan {
    /// Where: `postgres`, `sqlite`, or both by a comma. PostgreSQL is TEST_POSTGRES_URL, which has to be durable
    #[arg(long, value_delimiter = ',', default_value = "postgres,sqlite")]
    pub databases: Vec<String>,
    /// How many ask at once
    #[arg(long, value_delimiter = ',', default_value = "16,64,512")]
    pub connections: Vec<usize>,
    /// Users in the table; with several, how the cost grows
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    pub users: Vec<u64>,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Times that each measurement is taken, pgbench and the program in turn; the median counts
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Without one transaction per request
    #[arg(long)]
    pub only_ours: bool,
    /// Given by `cargo bench`; means nothing
    #[arg(long, hide = true)]
    pub bench: bool,
}
