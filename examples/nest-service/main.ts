// The service: `npm run build && node dist/examples/nest-service/main.js`, then ask http://127.0.0.1:3000/backtests/top.
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app-module.js';

const app = await NestFactory.create(AppModule, {
  logger: ['error', 'warn'],
  // or a client that reads slowly would keep the service from its end
  forceCloseConnections: true,
});
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
