export const openText = () => {}
