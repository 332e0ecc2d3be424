import { expect, test } from 'vitest';
import { iceServersOf } from './turn.ts';

test('H8: each volunteer gets credentials of its own for the relay, for an hour', () => {
  const iceServers = [{ urls: 'stun:a.example' }];
  const turn = { urls: ['turn:b.example'], secret: 'north' };
  // printf 1735693200:AAAAAAAAAAAAAAAAAAAAAA | openssl dgst -sha1 -hmac north -binary | base64
  expect(iceServersOf({ iceServers, turn }, 'A'.repeat(22), Date.UTC(2025, 0, 1))).toEqual([
    { urls: 'stun:a.example' },
    {
      urls: ['turn:b.example'],
      username: '1735693200:AAAAAAAAAAAAAAAAAAAAAA',
      credential: 'sc7ipLXm66IDUQtSaaLur2T2BR8=',
    },
  ]);
  expect(iceServersOf({ iceServers, turn: null }, 'a', 0)).toEqual(iceServers);
});
