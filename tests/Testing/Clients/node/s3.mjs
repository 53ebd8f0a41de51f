// An S3 service with one bucket, "files", in the folder that is given. Prints its port; ends when its input does.
import S3rver from 's3rver';

const server = new S3rver({
  address: '127.0.0.1', port: 0, silent: true, directory: process.argv[2], configureBuckets: [{ name: 'files' }],
});
const { port } = await server.run();
console.log(port);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
