// An S3 service with one bucket, "files", in the folder that is given. Prints its port; ends when its input does.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import S3rver from 's3rver';

const server = new S3rver({
  address: '127.0.0.1', port: 0, silent: true, directory: process.argv[2], configureBuckets: [{ name: 'files' }],
});

// Its own answers before the last bytes are in the file, and whoever lists meanwhile leaves the checksum of a part. Here an object is there when it is whole.
const { store } = server;
store.putObject = async ({ bucket, key, content, metadata }) => {
  const bytes = Buffer.concat(await content.toArray());
  const md5 = createHash('md5').update(bytes).digest('hex');
  const file = store.getResourcePath(bucket, key, 'object');
  const aside = store.getResourcePath(bucket, key, randomUUID());
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(aside, bytes);
  await store.putMetadata(bucket, key, metadata, md5);
  await rename(aside, file);
  return { size: bytes.length, md5 };
};

const { port } = await server.run();
console.log(port);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
