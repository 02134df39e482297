import { describeHttp } from '../testing/http-suite/http-suite.ts'
import { startInProcess } from '../testing/http-suite/suite-client.ts'

describeHttp('the fetch handler', startInProcess)
