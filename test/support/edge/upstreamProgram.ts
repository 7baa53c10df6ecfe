/** The application of load tests as a program, for a container: `VERSION` is its id, `SPEAKS` is `http1` or `h2c`. */
import { startGrpcUpstream } from './grpcUpstream.ts';
import { startUpstream } from './upstream.ts';

const start = process.env['SPEAKS'] === 'h2c' ? startGrpcUpstream : startUpstream;
const upstream = await start(process.env['VERSION'] ?? 'first', '0.0.0.0', 8080);
process.once('SIGTERM', () => void upstream.leave().then(() => process.exit(0)));
