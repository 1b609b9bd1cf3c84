//! Every statement of the store, on both databases. One binary, one module per noun.

mod db;
mod migrations;
