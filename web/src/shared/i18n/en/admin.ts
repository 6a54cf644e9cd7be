// Texts of the administrator's desk.
export default {} as const;
