import { expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { createConnection, createConnections } from './connections.ts';

const fakeSocket = (bufferedAmount = 0, outboxBytes = 1000) => {
  const socket = { OPEN: 1, readyState: 1, bufferedAmount, send: vi.fn(), close: vi.fn(), terminate: vi.fn() };
  return { socket, connection: createConnection(socket as unknown as WebSocket, outboxBytes) };
};

test('M5: a reader for whom too much waits is cut off instead of sent more', () => {
  const slow = fakeSocket(1001);
  slow.connection.send({ type: 'pong' });
  expect(slow.socket.send).not.toHaveBeenCalled();
  expect(slow.socket.terminate).toHaveBeenCalled();
  const quick = fakeSocket(1000);
  quick.connection.send({ type: 'pong' });
  expect(quick.socket.send).toHaveBeenCalledWith('{"type":"pong"}');
});

test('M5: a signal is dropped where much waits, and what the coordinator says still goes', () => {
  const behind = fakeSocket(100_000, 1_000_000);
  behind.connection.send({ type: 'signal', from: 'stranger', data: 'x'.repeat(16_384) });
  expect(behind.socket.send).not.toHaveBeenCalled();
  expect(behind.socket.terminate).not.toHaveBeenCalled();
  behind.connection.send({ type: 'pong' });
  expect(behind.socket.send).toHaveBeenCalledWith('{"type":"pong"}');
  const quick = fakeSocket(60_000, 1_000_000);
  quick.connection.send({ type: 'signal', from: 'peer', data: 'offer' });
  expect(quick.socket.send).toHaveBeenCalled();
});

test('H6: only the newest socket of a volunteer speaks for it', () => {
  const connections = createConnections();
  const [old, fresh] = [fakeSocket(), fakeSocket()];
  connections.enter('v', old.connection);
  connections.enter('v', fresh.connection);
  expect(old.socket.close).toHaveBeenCalledWith(1008, 'replaced');
  expect(connections.leave('v', old.connection)).toBe(false);
  expect(connections.send('v', { type: 'pong' })).toBe(true);
  expect(connections.leave('v', fresh.connection)).toBe(true);
  expect(connections.send('v', { type: 'pong' })).toBe(false);
});
