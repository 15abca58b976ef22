//! Standard input and output as the editor connects them. A pipe or a socket is waited for like a connection; a thread
//! has to read and write what can't be waited for, and each message would wait for it.

use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) type Input = Box<dyn AsyncRead + Unpin + Send>;
pub(crate) type Output = Box<dyn AsyncWrite + Unpin + Send>;

/// Call it within the runtime.
pub(crate) fn input() -> Input {
    #[cfg(unix)]
    if let Some(input) = unix::input(&std::io::stdin()) {
        return input;
    }
    Box::new(tokio::io::stdin())
}

/// Call it within the runtime.
pub(crate) fn output() -> Output {
    #[cfg(unix)]
    if let Some(output) = unix::output(&std::io::stdout()) {
        return output;
    }
    Box::new(tokio::io::stdout())
}

#[cfg(unix)]
mod unix {
    use super::{Input, Output};
    use std::fs::File;
    use std::io::Result;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixStream;
    use tokio::net::{self, unix::pipe};

    /// What it is connected to, where that can be waited for.
    enum Kind {
        Pipe,
        Socket,
    }

    pub(super) fn input(stdin: &impl AsFd) -> Option<Input> {
        match kind(stdin)? {
            Kind::Pipe => {
                let end = stdin.as_fd().try_clone_to_owned().and_then(pipe::Receiver::from_owned_fd);
                end.ok().map(|end| Box::new(end) as Input)
            }
            Kind::Socket => socket(stdin).ok().map(|socket| Box::new(socket) as Input),
        }
    }

    pub(super) fn output(stdout: &impl AsFd) -> Option<Output> {
        match kind(stdout)? {
            Kind::Pipe => {
                let end = stdout.as_fd().try_clone_to_owned().and_then(pipe::Sender::from_owned_fd);
                end.ok().map(|end| Box::new(end) as Output)
            }
            Kind::Socket => socket(stdout).ok().map(|socket| Box::new(socket) as Output),
        }
    }

    fn kind(stdio: &impl AsFd) -> Option<Kind> {
        let about = File::from(stdio.as_fd().try_clone_to_owned().ok()?).metadata().ok()?.file_type();
        if about.is_fifo() { Some(Kind::Pipe) } else { about.is_socket().then_some(Kind::Socket) }
    }

    fn socket(stdio: &impl AsFd) -> Result<net::UnixStream> {
        let socket = UnixStream::from(stdio.as_fd().try_clone_to_owned()?);
        socket.set_nonblocking(true)?;
        net::UnixStream::from_std(socket)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::io::{Read, Write};
        use std::thread::spawn;
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        /// More than fits into any pipe.
        const MANY: usize = 1 << 22;

        #[tokio::test]
        async fn what_comes_by_a_pipe_or_a_socket_is_read_to_its_end() {
            let (pipe, mut to_pipe) = std::io::pipe().unwrap();
            let (socket, mut to_socket) = UnixStream::pair().unwrap();
            let from = [input(&pipe).unwrap(), input(&socket).unwrap()];
            drop((pipe, socket));
            spawn(move || to_pipe.write_all(&vec![7; MANY]).unwrap());
            spawn(move || to_socket.write_all(&vec![7; MANY]).unwrap());
            for mut from in from {
                let mut read = Vec::new();
                from.read_to_end(&mut read).await.unwrap();
                assert!(read == vec![7; MANY]);
            }
        }

        #[tokio::test]
        async fn what_is_written_to_a_pipe_or_a_socket_waits_for_who_reads_it() {
            let (mut pipe, to_pipe) = std::io::pipe().unwrap();
            let (mut socket, to_socket) = UnixStream::pair().unwrap();
            let to = [output(&to_pipe).unwrap(), output(&to_socket).unwrap()];
            drop((to_pipe, to_socket));
            let read = |from: &mut dyn Read| {
                let mut read = Vec::new();
                from.read_to_end(&mut read).unwrap();
                read == vec![7; MANY]
            };
            let reading = [spawn(move || read(&mut pipe)), spawn(move || read(&mut socket))];
            for mut to in to {
                to.write_all(&vec![7; MANY]).await.unwrap();
            }
            assert!(reading.into_iter().all(|reading| reading.join().unwrap()));
        }

        #[tokio::test]
        async fn a_file_is_left_to_a_thread() {
            let file = tempfile::tempfile().unwrap();
            assert!(input(&file).is_none() && output(&file).is_none());
        }
    }
}
