// Textos de la mesa de administración.
export default {} as const;
