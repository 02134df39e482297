import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { takeFragment } from './fragment.ts'
import { adoptAttempt } from './pending-attempt.ts'
import './styles.css'

adoptAttempt(takeFragment())

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element #root.')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
