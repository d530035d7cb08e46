// The parts of Element Plus that the pages use, each with its own style sheet and nothing else.

import "element-plus/theme-chalk/base.css"
import "element-plus/es/components/dialog/style/css"
import "element-plus/es/components/select/style/css"
import "element-plus/es/components/date-picker/style/css"

export { ElConfigProvider } from "element-plus/es/components/config-provider/index.mjs"
export { ElDialog } from "element-plus/es/components/dialog/index.mjs"
export { ElOption, ElSelect } from "element-plus/es/components/select/index.mjs"
export { ElDatePicker } from "element-plus/es/components/date-picker/index.mjs"
