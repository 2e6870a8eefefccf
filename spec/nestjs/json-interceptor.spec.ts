import { Readable } from 'node:stream';
import { Controller, Get, Param, Res, Sse, StreamableFile, type ExecutionContext } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lastValueFrom, of } from 'rxjs';
import { Column, Table, json } from '@mysingle/database';
import { DuckDBJsonInterceptor, DuckDBModule } from '@mysingle/database/nestjs';
import { boot } from '../support/nest.js';

@Table('json_bar')
class Bar {
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('bigint') volume!: bigint;
  @Column('decimal(9,2)') close!: string;
  @Column('blob') bytes!: Uint8Array;
  @Column(json<object>()) doc!: object;
}

const bar = {
  day: new Date('2026-01-02'),
  volume: 2n ** 60n,
  close: '1.50',
  bytes: Uint8Array.of(1, 2),
  doc: { a: [1] },
};
const ANSWERS: Readonly<Record<string, unknown>> = {
  text: 'plain', none: undefined, nil: null, number: 7, bigint: 7n, truth: true, map: new Map([['a', new Set([1n])]]), page: { rows: [bar], next: null },
}; // prettier-ignore

@Controller()
class AnswersController {
  @Get('entity')
  entity(): Bar {
    return Object.assign(new Bar(), bar);
  }
  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('a,b\n'), { type: 'text/csv' });
  }
  @Get('own')
  own(@Res() response: { send(text: string): void }): void {
    response.send('by hand');
  }
  @Sse('events')
  events() {
    return of({ data: { volume: 5n } });
  }
  @Get(':what')
  what(@Param('what') what: string): unknown {
    return ANSWERS[what];
  }
}

describe('DuckDBJsonInterceptor', () => {
  it('gives rows and all else as JSON can carry them', async () => {
    const imports = [DuckDBModule.forRoot({ path: ':memory:', logger: false })];
    const providers = [{ provide: APP_INTERCEPTOR, useClass: DuckDBJsonInterceptor }];
    await using running = await boot({ imports, controllers: [AnswersController], providers }, true);
    const url = await running.app.getUrl();
    const ask = async (path: string): Promise<string> => {
      const answer = await fetch(`${url}/${path}`);
      expect([path, answer.status]).to.deep.equal([path, 200]);
      return answer.text();
    };
    const plain = { day: '2026-01-02T00:00:00.000Z', volume: '1152921504606846976', close: '1.50', bytes: 'AQI=', doc: { a: [1] } }; // prettier-ignore
    expect(JSON.parse(await ask('entity'))).to.deep.equal(plain);
    expect(JSON.parse(await ask('page'))).to.deep.equal({ rows: [plain], next: null });
    // prettier-ignore
    const texts = { text: 'plain', none: '', nil: '', number: '7', bigint: '7', truth: 'true', map: '{"a":[1]}', file: 'a,b\n', own: 'by hand' };
    for (const [path, text] of Object.entries(texts)) expect([path, await ask(path)]).to.deep.equal([path, text]);
    expect(await ask('events')).to.include('data: {"volume":5}');
  });

  it('leaves streams and other transports alone', async () => {
    const interceptor = new DuckDBJsonInterceptor();
    const through = (type: string, value: unknown): Promise<unknown> =>
      lastValueFrom(
        interceptor.intercept({ getType: () => type } as unknown as ExecutionContext, { handle: () => of(value) }),
      );
    const stream = Readable.from([]);
    expect(await through('http', stream)).to.equal(stream);
    expect(await through('rpc', bar)).to.equal(bar);
    expect(await through('http', bar)).to.have.property('bytes', 'AQI=');
  });
});
