const zh = {
  "name.product": "会录",
}
export default zh
