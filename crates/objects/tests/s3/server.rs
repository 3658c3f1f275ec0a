use std::net::SocketAddr;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::dto::{GetObjectInput, GetObjectOutput, HeadBucketInput};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The server's one access key.
pub(crate) const ID: &str = "AKIAEXAMPLE";
pub(crate) const SECRET: &str = "a-secret-of-the-test";

/// A bucket that nobody may read.
pub(crate) const FORBIDDEN: &str = "forbidden";

/// An S3 server with the bucket `example`.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into()).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("example")).unwrap();
        let mut builder = S3ServiceBuilder::new(Buckets(FileSystem::new(folder.path()).unwrap()));
        builder.set_auth(SimpleAuth::from_single(ID, SECRET));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, builder.build()));
        Self {
            address,
            folder,
            _tasks: tasks,
        }
    }

    /// Puts an object into the bucket `example`.
    pub(crate) fn put(&self, key: &str, content: &[u8]) {
        let path = self.folder.path().join("example").join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        connections.spawn(async move {
            let served = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
            let _ = served.await;
        });
    }
}

/// s3s-fs, with S3's answers for buckets that are absent or forbidden, which it has not.
struct Buckets(FileSystem);

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        if request.input.bucket == FORBIDDEN {
            return Err(s3_error!(AccessDenied));
        }
        let bucket = request.input.bucket.clone();
        let head = HeadBucketInput::builder().bucket(bucket).build().unwrap();
        self.0
            .head_bucket(request.clone().map_input(|_| head))
            .await?;
        self.0.get_object(request).await
    }
}

/// A port at which nobody listens.
pub(crate) async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap()
}
