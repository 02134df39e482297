export { createMemoryStorage } from './storage/memory/memory-storage.ts'
