#!/usr/bin/env node
// The program `treekv`: runs the command line and leaves its exit code to the process, which then ends by
// itself, so that everything written is flushed.
import { runCommandLine } from './runCommandLine.ts';

process.exitCode = await runCommandLine(process.argv.slice(2));
