//! Only Linux has networks that one program can make for another.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use floodnet_core::time::Time;
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::Plan;
use tokio::process::{Child, Command};

use crate::clock::Clock;
use crate::run_context::RunContext;
use floodnet_lab::run::Kernels;

pub(crate) const MAX_NODES: u32 = u32::MAX;

/// There is none.
#[derive(Debug)]
pub(crate) enum Hub {}

/// There is none.
#[derive(Debug)]
pub(crate) enum NodeNetwork {}

impl Hub {
    pub(crate) fn open(_: &Arc<Plan>, _: &Arc<LinkModel>) -> io::Result<Arc<Self>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn start(&self, _: Clock) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn connect(&self, _: u32, _: Time, _: Time) {
        match *self {}
    }

    pub(crate) fn end(&self) -> io::Result<Kernels> {
        match *self {}
    }
}

impl NodeNetwork {
    pub(crate) fn create(hub: &Arc<Hub>, _: u32) -> io::Result<Self> {
        match **hub {}
    }

    pub(crate) fn spawn(&self, _: Command, _: TcpStream) -> io::Result<Child> {
        match *self {}
    }
}

pub(crate) async fn apply_faults(hub: Arc<Hub>, _: RunContext) -> Result<(), String> {
    match *hub {}
}

pub(crate) fn socket(_: u32) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
}
