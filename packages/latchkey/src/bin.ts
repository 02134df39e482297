#!/usr/bin/env node
import { main } from './cli/main.ts'
import { createProcessConsole } from './cli/process-console.ts'

process.exitCode = await main(process.argv.slice(2), createProcessConsole())
