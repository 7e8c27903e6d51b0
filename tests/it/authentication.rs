//! How a push was authenticated, by real pushes through real servers: sshd,
//! gitolite, nginx and Apache, each with what `hooks/install/servers` says.

mod gitolite;
mod leaks;
mod recorder;
mod scene;
mod servers_apache;
mod servers_nginx;
mod servers_ssh;
mod ssh;
mod web;
